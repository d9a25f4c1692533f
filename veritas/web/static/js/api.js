// Requests to the server's API.

/** An error that the server answered with: its sentence, and its status; the status is 0 if it did not answer. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Return the JSON of a GET. `parameters` is a URLSearchParams or an object. */
export async function get(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  return answer(await request(query ? `${path}?${query}` : path, { headers: { Accept: "application/json" } }));
}

/** Return the text of a GET; its JSON may have numbers that a script cannot hold. */
export async function getText(path) {
  const response = await request(path, { headers: { Accept: "application/json" } });
  return response.ok ? response.text() : answer(response);
}

/** Return the JSON of a POST with a JSON body; the page's CSRF token goes with it. */
export async function post(path, body) {
  const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": token };
  return answer(await request(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

function request(path, options) {
  return fetch(path, options).catch(() => {
    throw new Problem(0, "The server does not answer; look whether it still runs.");
  });
}

async function answer(response) {
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, body?.detail ?? `The server answered ${response.status}.`);
  return body;
}

/** Return a function that calls `work` (asynchronous) soon, and never twice at once or more often than every `period` ms. */
export function throttled(work, period) {
  let wanted = false;
  let busy = false;
  async function run() {
    if (busy) return;
    busy = true;
    while (wanted) {
      wanted = false;
      try {
        await work();
      } catch (error) {
        console.warn(error);
      }
      await new Promise((resolve) => setTimeout(resolve, period));
    }
    busy = false;
  }
  return () => {
    wanted = true;
    run();
  };
}
