// The stream of an audit's messages: it continues after the last message when the connection was cut.

const LONGEST_WAIT = 10_000; // ms from one attempt to the next
const OVER = 1000; // the server's code after the last message

/**
 * Follow an audit, and return a function that stops it.
 *
 * `onMessage` gets each message once and in order; `onState` gets "open", "waiting" or "over".
 */
export function followAudit(run, { after = 0, onMessage, onState = () => {} }) {
  let last = after;
  let attempts = 0;
  let stopped = false;
  let socket = null;

  function connect() {
    const address = new URL(`/api/audit/stream/${encodeURIComponent(run)}?after=${last}`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(address);
    socket.addEventListener("open", () => {
      attempts = 0;
      onState("open");
    });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      if (message.number !== last + 1) return; // a number that was seen
      last = message.number;
      onMessage(message);
    });
    socket.addEventListener("close", (event) => {
      if (stopped) return;
      if (event.code === OVER) {
        onState("over");
        return;
      }
      onState("waiting");
      attempts += 1;
      setTimeout(() => stopped || connect(), Math.min(LONGEST_WAIT, 250 * 2 ** attempts));
    });
  }

  connect();
  return () => {
    stopped = true;
    socket.close();
  };
}
