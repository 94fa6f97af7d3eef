/** Turns a Request handler into a Lambda handler that answers in one piece. */
import { type GatewayEvent, type GatewayRequest, toGatewayResult, toRequest } from './gateway-event.ts'
import { keepAwake } from './keep-awake.ts'

export type RequestHandler = (received: GatewayRequest) => Promise<Response>

export function createBufferedHandler(publicUrl: string, handle: RequestHandler) {
  return async (event: GatewayEvent) => {
    // Nobody tells a buffered function that its client has left.
    const never = new AbortController()
    return await keepAwake(async () =>
      toGatewayResult(event, await handle(toRequest(event, publicUrl, never.signal))),
    )
  }
}
