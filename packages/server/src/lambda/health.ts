/** The health function: the smallest bundle, no client, no right, no setting. */
import packageFile from '../../package.json' with { type: 'json' }
import { health } from '../health.ts'
import { createBufferedHandler } from './buffered-handler.ts'

// The answer depends on the method only; the request's host is nobody's.
export const handler = createBufferedHandler('https://health.invalid', async ({ request }) =>
  health(request, packageFile.version),
)
