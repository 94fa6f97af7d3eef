/**
 * One line per request at the gateway. The route is the pattern (`/oauth/{proxy+}`), never the path: links and queries
 * carry secrets. No header, no address of the caller, nothing from the authorizer. The functions log the same requestId
 * (a client of a REST API may choose it; `gatewayId` it cannot).
 */
export function accessLogFields(route: string): string {
  return JSON.stringify({
    requestId: '$context.requestId',
    gatewayId: '$context.extendedRequestId',
    time: '$context.requestTime',
    method: '$context.httpMethod',
    route,
    status: '$context.status',
    error: '$context.error.responseType',
    responseBytes: '$context.responseLength',
    latencyMs: '$context.responseLatency',
    functionStatus: '$context.integration.status',
  })
}
