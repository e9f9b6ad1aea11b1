// The Node.js inside a function's sandbox: loads the handler, then takes event after event by the Runtime API.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const root = process.env.LAMBDA_TASK_ROOT;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function ask(method, what, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const target = { host, port, agent, method, path: `/2018-06-01/runtime/${what}`, headers: { ...headers, ...length } };
    const request = http.request(target, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(pieces) }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

function report(error) {
  const known = error instanceof Error;
  const trace = known && error.stack ? error.stack.split('\n') : [];
  return JSON.stringify({ errorType: known ? error.name : typeof error, errorMessage: known ? error.message : `${error}`, trace });
}

function named(kind, message) {
  const error = new Error(message);
  error.name = kind;
  return error;
}

async function load(name) {
  const dot = name.lastIndexOf('.');
  if (dot < 0) throw named('Runtime.MalformedHandlerName', 'Bad handler');
  const [file, key] = [path.join(root, name.slice(0, dot)), name.slice(dot + 1)];
  const extension = ['.js', '.mjs', '.cjs'].find((each) => fs.existsSync(file + each));
  if (!extension) throw named('Runtime.ImportModuleError', `Error: Cannot find module '${name.slice(0, dot)}'`);
  const module = extension === '.cjs' ? createRequire(import.meta.url)(file + extension) : await import(pathToFileURL(file + extension));
  const handler = module[key] ?? module.default?.[key];
  if (typeof handler !== 'function') throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  return handler;
}

function context(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function run(handler, event, given) {
  if (handler.length < 3) return handler(event, given);
  return new Promise((resolve, reject) => {
    handler(event, given, (error, value) => (error ? reject(error) : resolve(value)));
  });
}

let handler;
try {
  handler = await load(process.env._HANDLER);
} catch (error) {
  console.error(error);
  await ask('POST', 'init/error', report(error));
  process.exit(1);
}

for (;;) {
  const { headers, body } = await ask('GET', 'invocation/next');
  const id = headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
  try {
    const value = await run(handler, JSON.parse(body), context(headers));
    await ask('POST', `invocation/${id}/response`, JSON.stringify(value ?? null));
  } catch (error) {
    console.error(error);
    await ask('POST', `invocation/${id}/error`, report(error));
  }
}
