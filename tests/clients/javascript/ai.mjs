// Vercel's `ai`, over each of the dialects that its providers speak.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, Output, generateText, isStepCount, streamText, tool } from "ai";
import { City, KEY, QUESTION, TOOL_QUESTION, Trip, URL, WEATHER, report } from "./common.mjs";

const options = { baseURL: `${URL}/v1`, apiKey: KEY };
const openai = createOpenAI(options);
const anthropic = createAnthropic(options);
const clients = { "ai chat": openai.chat, "ai responses": openai.responses, "ai anthropic": anthropic };
const forTools = {
  prompt: TOOL_QUESTION,
  tools: { get_weather: tool({ inputSchema: City, execute: () => WEATHER }) },
  stopWhen: isStepCount(2),
  // Else `ai` hands reasoning back as a reference to what OpenAI stored; other providers store none.
  providerOptions: { openai: { store: false } },
};

for (const [name, provider] of Object.entries(clients)) {
  await report(name, {
    text: async (model) => (await generateText({ model: provider(model), prompt: QUESTION })).text,
    stream: (model) => streamText({ model: provider(model), prompt: QUESTION }).text,
    tool: (model) => streamText({ model: provider(model), ...forTools }).text,
    structured: async (model) => {
      const output = Output.object({ schema: Trip });
      return (await generateText({ model: provider(model), prompt: QUESTION, output })).output;
    },
    isNotFound: (error) => APICallError.isInstance(error) && error.statusCode === 404,
  });
}
