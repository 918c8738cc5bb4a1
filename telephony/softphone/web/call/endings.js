// How a call ended or could not begin, in words for the one who called.

const CLOSED = {
  agent: "The agent ended the call.",
  transfer: "You were passed on to a person.",
  timeout: "The call reached its longest time.",
};

/** The words for a close of the socket that was open: {text, trouble}, `trouble` a kind of notice or null. */
export function ending({ code, reason }) {
  if (code === 1013) return { text: "All lines are busy.", trouble: "busy" };
  if (code === 1000) return { text: CLOSED[reason] ?? "The call has ended.", trouble: null };
  if (code === 1012) return { text: "The server is being stopped.", trouble: "stopped" };
  return { text: "The line broke.", trouble: code === 1008 && reason !== "no audio" ? "refused" : "gone" };
}

/** Why no call can be had: asks the server, for a socket that is refused tells no reason.
 *  "token", "wrong-token", "refused" (the page may not call), "gone" (nobody answers) or null. */
export async function whyRefused(token) {
  try {
    const answer = await fetch(withToken("/softphone/businesses", token), { cache: "no-store" });
    if (answer.status === 401) return token ? "wrong-token" : "token";
    if (answer.status === 403) return "refused";
    return answer.ok ? null : "gone";
  } catch {
    return "gone";
  }
}

export function withToken(path, token) {
  return token ? `${path}?token=${encodeURIComponent(token)}` : path;
}

/** The notice for what `getUserMedia` threw. */
export function microphoneTrouble(error) {
  if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
  return error.name === "NotFoundError" ? "no-microphone" : "microphone-busy";
}
