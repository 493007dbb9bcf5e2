// OpenAI's SDK: chat completions and responses.

import OpenAI, { NotFoundError } from "openai";
import { zodFunction, zodResponseFormat, zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { City, KEY, QUESTION, TOOL_QUESTION, Trip, URL, WEATHER, report } from "./common.mjs";

const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: KEY });
const isNotFound = (error) => error instanceof NotFoundError && error.status === 404;
const question = { messages: [{ role: "user", content: QUESTION }] };

await report("openai chat", {
  text: async (model) => (await client.chat.completions.create({ model, ...question })).choices[0].message.content,
  stream: (model) => client.chat.completions.stream({ model, ...question }).finalContent(),
  tool: (model) =>
    client.chat.completions
      .runTools({
        model,
        messages: [{ role: "user", content: TOOL_QUESTION }],
        tools: [zodFunction({ name: "get_weather", parameters: City, function: () => WEATHER })],
        stream: true,
      })
      .finalContent(),
  structured: async (model) => {
    const response_format = zodResponseFormat(Trip, "trip");
    return (await client.chat.completions.parse({ model, ...question, response_format })).choices[0].message.parsed;
  },
  isNotFound,
});

await report("openai responses", {
  text: async (model) => (await client.responses.create({ model, input: QUESTION })).output_text,
  stream: async (model) => (await client.responses.stream({ model, input: QUESTION }).finalResponse()).output_text,
  tool: async (model) => {
    const tools = [zodResponsesFunction({ name: "get_weather", parameters: City })];
    const input = [{ role: "user", content: TOOL_QUESTION }];
    const { output } = await client.responses.create({ model, input, tools });
    const results = output
      .filter(({ type }) => type === "function_call")
      .map(({ call_id }) => ({ type: "function_call_output", call_id, output: WEATHER }));
    return (await client.responses.create({ model, input: [...input, ...output, ...results], tools })).output_text;
  },
  structured: async (model) => {
    const text = { format: zodTextFormat(Trip, "trip") };
    return (await client.responses.parse({ model, input: QUESTION, text })).output_parsed;
  },
  isNotFound,
});
