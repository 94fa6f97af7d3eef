/**
 * The same sentences as for the local runner, against the bundles that are deployed, behind the gateway simulator. Needs
 * Dovecot, Node 24 and the local DynamoDB; says so where one is missing.
 */
import { findDovecot, startDovecot } from '@email-connector/testing'
import { describe } from 'vitest'
import { startGatewayProduct, whyNoGateway } from './gateway-product.ts'
import { useProduct } from './product.ts'
import { describeClients } from './suites/clients.ts'
import { describeDiscovery } from './suites/discovery.ts'
import { describeIsolation } from './suites/isolation.ts'
import { describeLeaks } from './suites/leaks.ts'
import { describeTools } from './suites/tools.ts'

const missing = findDovecot() === undefined ? 'Dovecot is not installed' : whyNoGateway()

describe.skipIf(missing !== undefined)(
  `the deployed functions${missing ? ` (not run: ${missing})` : ''}`,
  () => {
    const running = useProduct(startGatewayProduct, startDovecot)
    describeDiscovery('the gateway', running)
    describeClients('the gateway', running)
    describeTools('the gateway', running)
    describeIsolation('the gateway', running)
    describeLeaks('the gateway', running)
  },
)
