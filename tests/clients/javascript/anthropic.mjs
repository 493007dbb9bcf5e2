// Anthropic's SDK: messages, and its beta tool runner.

import Anthropic, { NotFoundError } from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { City, KEY, QUESTION, TOOL_QUESTION, Trip, URL, WEATHER, report } from "./common.mjs";

const client = new Anthropic({ baseURL: URL, apiKey: KEY });
const question = { max_tokens: 2000, messages: [{ role: "user", content: QUESTION }] };

await report("@anthropic-ai/sdk", {
  text: async (model) => textOf(await client.messages.create({ model, ...question })),
  stream: (model) => client.messages.stream({ model, ...question }).finalText(),
  tool: async (model) => {
    const weather = { name: "get_weather", description: "The weather", inputSchema: City, run: () => WEATHER };
    const messages = [{ role: "user", content: TOOL_QUESTION }];
    // A thread is a conversation that Anthropic holds; other providers have none.
    const options = { tools: [betaZodTool(weather)], thread: false };
    return textOf(await client.beta.messages.toolRunner({ model, ...question, messages, ...options }));
  },
  structured: async (model) => {
    const output_config = { format: zodOutputFormat(Trip) };
    return (await client.messages.parse({ model, ...question, output_config })).parsed_output;
  },
  isNotFound: (error) => error instanceof NotFoundError && error.status === 404,
});

function textOf({ content }) {
  return content.map((block) => block.text ?? "").join("");
}
