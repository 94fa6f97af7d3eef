/**
 * One Lambda execution environment in a process of its own: loads a handler from a bundle, provides the `awslambda`
 * global of the Node runtime, serves one invocation at a time over IPC. Plain JavaScript: it runs on any Node the
 * bundle is made for, with nothing else loaded.
 */
import { Writable } from 'node:stream'

const [file, exportName] = process.argv.slice(2)

class ResponseStream extends Writable {
  constructor(id) {
    super({ highWaterMark: 64 * 1024 })
    this.id = id
    this.prelude = undefined
    this.opened = false
  }
  setContentType(type) {
    this.prelude = { statusCode: 200, headers: { 'content-type': type } }
  }
  open() {
    if (this.opened) return
    this.opened = true
    process.send({ type: 'prelude', id: this.id, metadata: this.prelude ?? { statusCode: 200, headers: {} } })
  }
  _write(chunk, _encoding, done) {
    this.open()
    process.send({ type: 'chunk', id: this.id, base64: Buffer.from(chunk).toString('base64') }, () => done())
  }
  _final(done) {
    this.open()
    process.send({ type: 'end', id: this.id }, () => done())
  }
}

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { streaming: true }),
  HttpResponseStream: {
    from: (stream, metadata) => {
      stream.prelude = metadata
      return stream
    },
  },
}

const module = await import(file)
const handler = module[exportName]
if (typeof handler !== 'function') throw new Error(`No function ${exportName} in the bundle`)

process.on('message', async (message) => {
  const { id, event, timeoutMs } = message
  const deadline = Date.now() + timeoutMs
  const context = {
    awsRequestId: id,
    functionName: exportName,
    getRemainingTimeInMillis: () => deadline - Date.now(),
    callbackWaitsForEmptyEventLoop: false,
  }
  try {
    if (handler.streaming === true) {
      const stream = new ResponseStream(id)
      await handler(event, stream, context)
      if (!stream.writableEnded && !stream.destroyed) stream.end()
      process.send({ type: 'done', id })
    } else {
      process.send({ type: 'result', id, value: await handler(event, context) })
    }
  } catch (error) {
    process.send({ type: 'failed', id, name: error instanceof Error ? error.name : 'Error' })
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  }
})
// Nobody is left to serve.
process.on('disconnect', () => process.exit())
process.send({ type: 'ready' })
