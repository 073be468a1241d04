/** What is used of the package. A program of its own, so that no other one is 400 kB longer for every start. */
export { APIError, OpenAI } from 'openai';
