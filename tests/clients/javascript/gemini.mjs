// Google's SDK: contents to generate, and tools that it calls by itself.

import { ApiError, GoogleGenAI } from "@google/genai";
import { z } from "zod";
import { City, KEY, QUESTION, TOOL_QUESTION, Trip, URL, WEATHER, report } from "./common.mjs";

const { models } = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: URL } });
const weather = {
  tool: async () => ({
    functionDeclarations: [{ name: "get_weather", parametersJsonSchema: z.toJSONSchema(City) }],
  }),
  callTool: async (calls) =>
    calls.map(({ id, name }) => ({ functionResponse: { id, name, response: { output: WEATHER } } })),
};

await report("@google/genai", {
  text: async (model) => (await models.generateContent({ model, contents: QUESTION })).text,
  stream: async (model) => {
    let text = "";
    for await (const piece of await models.generateContentStream({ model, contents: QUESTION })) {
      text += piece.text ?? "";
    }
    return text;
  },
  tool: async (model) =>
    (await models.generateContent({ model, contents: TOOL_QUESTION, config: { tools: [weather] } })).text,
  structured: async (model) => {
    const config = { responseMimeType: "application/json", responseJsonSchema: z.toJSONSchema(Trip) };
    return JSON.parse((await models.generateContent({ model, contents: QUESTION, config })).text);
  },
  isNotFound: (error) => error instanceof ApiError && error.status === 404,
});
