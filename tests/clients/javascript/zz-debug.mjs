import { createOpenAI } from "@ai-sdk/openai";
import { isStepCount, streamText, tool } from "ai";
import { City, KEY, TOOL_QUESTION, URL, WEATHER } from "./common.mjs";
const log = async (u, o) => { console.log("REQ", o.body); const r = await fetch(u, o); const t = await r.text(); console.log("RES", r.status, t.slice(0,6000)); return new Response(t, {status:r.status, headers:r.headers}); };
const p = createOpenAI({ baseURL: `${URL}/v1`, apiKey: KEY, fetch: log });
const tools = { get_weather: tool({ inputSchema: City, execute: () => WEATHER }) };
const r = streamText({ model: p.responses(JSON.parse(process.argv[4])["gemini"]), prompt: TOOL_QUESTION, tools, stopWhen: isStepCount(2) , onError: (e)=>console.log("ERR", e)});
for await (const part of r.fullStream) console.log("PART", JSON.stringify(part).slice(0,300));
