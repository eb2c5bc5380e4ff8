/** The wire between browser and service: passes everything on, keeps what was sent, and may lose answers. */

import { createServer, request } from "node:http";

/** @typedef {{ method: string, path: string, headers: Record<string, string>, body: string }} Sent */
/** @typedef {{ url: string, sent: Sent[], heal: () => void, refuse: (status: number, times: number) => void }} Wire */

/**
 * @param {string} url the page's address, over plain HTTP
 * @param {{ lose?: number, to?: string, refuse?: number[] }} faults how many answers to posted requests whose path ends so are
 *   lost on their way back, after the service has done its work; with which statuses the first ones do not get there at all
 * @param {(wire: Wire) => Promise<T>} use `heal` ends the loss, `refuse` gives the next `times` requests a status
 * @returns {Promise<T>}
 * @template T
 */
export async function withWire(url, { lose = 0, to = "/submissions", refuse = [] }, use) {
  const { hostname, port, pathname } = new URL(url);
  const sent = [];
  const refusals = [...refuse];
  const refuseNext = (status, times) => refusals.push(...Array(times).fill(status));
  let left = lose;
  const server = createServer(async (incoming, outgoing) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method, url: path, headers } = incoming;
    sent.push({ method, path, headers, body: body.toString("latin1") });
    if (path.endsWith(to) && refusals.length > 0) {
      outgoing.writeHead(refusals.shift(), { "content-type": "application/problem+json" }).end("{}");
      return;
    }
    const options = { hostname, port, method, path, headers: { ...headers, host: `${hostname}:${port}` }, agent: false };
    const onward = request(options, (answer) => {
      if (method === "POST" && path.endsWith(to) && left > 0) {
        left -= 1;
        answer.on("end", () => incoming.socket.destroy()).resume();
        return;
      }
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => incoming.socket.destroy());
    outgoing.on("close", () => outgoing.writableFinished || onward.destroy()); // nobody waits any more
    onward.end(body);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    const heal = () => (left = 0);
    return await use({ url: `http://127.0.0.1:${server.address().port}${pathname}`, sent, heal, refuse: refuseNext });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
