/** Mail servers that fail the deployed functions. Needs Node 24 and the local DynamoDB; says so where one is missing. */
import { describe } from 'vitest'
import { startGatewayProduct, whyNoGateway } from './gateway-product.ts'
import { describeFailures } from './suites/failures.ts'

const missing = whyNoGateway()

describe.skipIf(missing !== undefined)(
  `the deployed functions${missing ? ` (not run: ${missing})` : ''}`,
  () => describeFailures('the gateway', startGatewayProduct),
)
