/**
 * One cold start in a process of its own, as the Lambda runtime does it: import the bundle, answer one event. Prints the
 * milliseconds from before the import to after the answer. Plain JavaScript: it runs on Node 24 with nothing else loaded.
 */
import { PassThrough } from 'node:stream'

let status
globalThis.awslambda = {
  streamifyResponse: (handler) => (event, context) => {
    const stream = new PassThrough().resume()
    return handler(event, stream, context)
  },
  HttpResponseStream: {
    from(stream, { statusCode }) {
      status = statusCode
      return stream
    },
  },
}
const [file, text] = process.argv.slice(2)
const startedAt = performance.now()
const { handler } = await import(file)
const answer = await handler(JSON.parse(text), {})
const ms = performance.now() - startedAt
if ((answer?.statusCode ?? status) !== 200) throw new Error(`The bundle answered ${status}`)
process.stdout.write(String(ms))
// Idle timers and sockets of the SDK would hold the process.
process.exit(0)
