export interface Connections {
  page(): Response
  post(request: Request, peer: { readonly ip: string }): Promise<Response>
}
