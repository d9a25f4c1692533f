"""The resources of the API: one file a resource."""
