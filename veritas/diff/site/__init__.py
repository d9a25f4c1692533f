"""The history of a site: how its audits differ over time."""
