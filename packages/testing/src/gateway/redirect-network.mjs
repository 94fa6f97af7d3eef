/**
 * Preloaded beside a deployed bundle, never part of it: the names in TEST_NETWORK resolve to a public-looking address,
 * and connections to them go to the high loopback ports of the test's servers. The bundle's own rules about hosts and
 * ports stay as they are, which is the point. Anything else that is not loopback cannot be reached at all.
 *
 * TEST_NETWORK: JSON {"host": …, "address": …, "ports": {"993": 40123, …}}
 */
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const { host, address, ports } = JSON.parse(process.env.TEST_NETWORK ?? '{}')

const isLoopback = (name) => name === undefined || ['localhost', '127.0.0.1', '::1'].includes(name)
const notFound = (name) => Object.assign(new Error(`no such host ${name}`), { code: 'ENOTFOUND' })

const { prototype } = dns.promises.Resolver
prototype.resolve4 = async (name) => {
  if (name !== host) throw notFound(name)
  return [address]
}
for (const method of ['resolve6', 'resolveMx', 'resolveSrv'])
  prototype[method] = async (name) => {
    throw notFound(name)
  }
dns.promises.lookup = async (name) => {
  throw notFound(name)
}

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function redirected(...given) {
  // net.connect hands over its arguments in an array of its own: [options, callback].
  const holder = Array.isArray(given[0]) ? given[0] : given
  const options = holder[0]
  if (typeof options === 'object' && options !== null && (options.path ?? '') === '') {
    const port = options.host === host ? ports[String(options.port)] : undefined
    if (port !== undefined) holder[0] = { ...options, host: '127.0.0.1', port, lookup: undefined }
    else if (!isLoopback(options.host)) {
      process.nextTick(() => this.destroy(notFound(options.host)))
      return this
    }
  }
  return connect.apply(this, given)
}

syncBuiltinESMExports()
