/**
 * In place of the native part of AWS's runtime client, which is C++ around curl and not built here. With
 * AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1 the client fetches invocations and streams answers over Node's HTTP by
 * itself; only buffered answers and errors pass through this.
 */
const http = require('node:http')

function post(path, body, headers = {}) {
  const [host, port] = String(process.env.AWS_LAMBDA_RUNTIME_API).split(':')
  const request = http.request({ host, port, path: `/2018-06-01/runtime${path}`, method: 'POST', headers })
  // Nobody is left to serve, which the next fetch finds out.
  request.on('error', () => {})
  request.on('response', (response) => response.resume())
  request.end(body)
}

module.exports = {
  initializeClient() {},
  next() {
    throw new Error('The runtime client fetches invocations itself')
  },
  done: (id, body) => post(`/invocation/${id}/response`, body),
  error: (id, body, cause) =>
    post(`/invocation/${id}/error`, body, { 'Lambda-Runtime-Function-XRay-Error-Cause': cause }),
}
