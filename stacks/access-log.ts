/**
 * One line per request at the gateway. The route is the pattern (`/oauth/{proxy+}`), never the path: links and queries
 * carry secrets. No header, no address of the caller, nothing from the authorizer.
 */
export function accessLogFields(names: { path: string; error: string }): string {
  return JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    method: '$context.httpMethod',
    route: names.path,
    status: '$context.status',
    error: names.error,
    responseBytes: '$context.responseLength',
    latencyMs: '$context.responseLatency',
    functionStatus: '$context.integration.status',
  })
}
