// Stands before the PDS and lets everything through but what it `refuses`; a test is told of each answer before it goes on
// (`answered`), and may keep it back.
import http from "node:http";

export class Ferry {
  static async start(target) {
    const ferry = new Ferry();
    const { hostname, port } = new URL(target);
    ferry.calls = [];
    ferry.server = http.createServer((request, response) => {
      const refused = ferry.refuses && request.url.startsWith(`/xrpc/${ferry.refuses}`);
      if (refused) return response.writeHead(401, { "content-type": "application/json" }).end('{"error":"AuthenticationRequired","message":"not by you"}');
      const forward = http.request({ hostname, port, path: request.url, method: request.method, headers: request.headers }, async (answer) => {
        const parts = [];
        for await (const part of answer) parts.push(part);
        const method = /^\/xrpc\/([^?]+)/.exec(request.url)?.[1];
        ferry.calls.push(`${request.method} ${method} ${answer.statusCode}`);
        if (await ferry.answered?.(method, answer.statusCode)) return response.destroy();
        response.writeHead(answer.statusCode, answer.headers);
        response.end(Buffer.concat(parts));
      });
      forward.on("error", () => response.destroy());
      request.pipe(forward);
    });
    await new Promise((resolve) => ferry.server.listen(0, "127.0.0.1", resolve));
    ferry.origin = `http://127.0.0.1:${ferry.server.address().port}`;
    return ferry;
  }

  count(method) {
    return this.calls.filter((call) => call.includes(` ${method} `)).length;
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
