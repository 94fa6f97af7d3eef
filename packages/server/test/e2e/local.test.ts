/** The whole product as `npm start` runs it, against real mail servers. Needs Dovecot; says so where it is missing. */
import { findDovecot, startDovecot } from '@email-connector/testing'
import { describe } from 'vitest'
import { startLocalProduct } from './local-runner.ts'
import { useProduct } from './product.ts'
import { describeClients } from './suites/clients.ts'
import { describeDiscovery } from './suites/discovery.ts'
import { describeIsolation } from './suites/isolation.ts'
import { describeLeaks } from './suites/leaks.ts'
import { describeTools } from './suites/tools.ts'

describe.skipIf(findDovecot() === undefined)('the local runner', () => {
  const running = useProduct(startLocalProduct, startDovecot)
  describeDiscovery('npm start', running)
  describeClients('npm start', running)
  describeTools('npm start', running)
  describeIsolation('npm start', running)
  describeLeaks('npm start', running)
})
