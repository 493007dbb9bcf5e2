// What every script here asks, and how it reports.
//
// A script is run as `node script.mjs URL KEY MODELS`: the gateway's root, a key for it, and JSON that has a model for
// each upstream. It prints one line of JSON a check, `{client, upstream, feature, ok, detail}`.

import assert from "node:assert/strict";
import { z } from "zod";

const MODELS = JSON.parse(process.argv[4]);

export const [URL, KEY] = process.argv.slice(2);
export const QUESTION = "Explain the refund policy";
export const TOOL_QUESTION = "What does get_weather say?";
export const WEATHER = "sun over Oslo";
export const City = z.object({ city: z.string() });
export const Trip = z.object({ city: z.string(), days: z.number().int() });

// Checks `client` before every upstream. All but the last function resolve to what the client's user gets.
//
// text(model), stream(model): the answer to QUESTION, which is the same both ways.
// tool(model): the answer to TOOL_QUESTION after the tool get_weather, which takes a City, gave WEATHER.
// structured(model): a Trip.
// error(model): asks what must fail, for there is no such model.
// isNotFound(error): whether that is what the client raises for 404.
export async function report(client, { text, stream, tool, structured, error = text, isNotFound }) {
  for (const [upstream, model] of Object.entries(MODELS)) {
    let whole;
    const checks = {
      text: async () => assert.ok((whole = await text(model))),
      stream: async () => assert.equal(await stream(model), whole),
      tool: async () => assert.match(await tool(model), new RegExp(`According to the tool.*${WEATHER}`)),
      structured: async () => Trip.parse(await structured(model)),
      error: () => assert.rejects(error(`${model.split("/")[0]}/no-such-model`), isNotFound),
    };
    for (const [feature, check] of Object.entries(checks)) {
      const failure = await check().then(() => null, String);
      console.log(JSON.stringify({ client, upstream, feature, ok: failure === null, detail: failure ?? "" }));
    }
  }
}
