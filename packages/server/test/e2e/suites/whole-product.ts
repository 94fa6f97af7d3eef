/** All that is true of the product, however it is served and whichever mail server is behind it; leaks come last. */
import type { Running } from '../product.ts'
import { describeClients } from './clients.ts'
import { describeDiscovery } from './discovery.ts'
import { describeIsolation } from './isolation.ts'
import { describeLeaks } from './leaks.ts'
import { describeTools } from './tools.ts'

export function describeWholeProduct(
  name: string,
  running: () => Running,
  tools: Parameters<typeof describeTools>[2] = {},
): void {
  describeDiscovery(name, running)
  describeClients(name, running)
  describeTools(name, running, tools)
  describeIsolation(name, running)
  describeLeaks(name, running)
}
