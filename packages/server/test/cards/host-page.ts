/**
 * In the browser: a host of MCP Apps with the bridge that the extension's authors wrote. The card runs in a sandboxed frame
 * of no origin; its calls of tools go to the test, which forwards them to the server.
 */
import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge'
import type { CallToolResult } from '@modelcontextprotocol/server'

interface HostWindow {
  /** Set by the test. */
  callTool(params: unknown): Promise<CallToolResult>
  heard: [string, unknown][]
  showCard(html: string, context: Record<string, unknown>): Promise<void>
  give(result: CallToolResult): Promise<void>
  changeContext(context: Record<string, unknown>): Promise<void>
}

const host = window as unknown as HostWindow
let bridge: AppBridge | undefined
host.heard = []

host.showCard = async (html, context) => {
  const frame = document.createElement('iframe')
  frame.title = 'Card'
  frame.setAttribute('sandbox', 'allow-scripts')
  frame.style.cssText = 'border: 0; width: 100%; height: 900px'
  document.body.replaceChildren(frame)
  const capabilities = { serverTools: {}, updateModelContext: { text: {} } }
  bridge = new AppBridge(null, { name: 'host', version: '1' }, capabilities, { hostContext: context })
  bridge.oncalltool = async (params) => {
    host.heard.push(['call', params])
    return host.callTool(params)
  }
  bridge.onupdatemodelcontext = async (params) => {
    host.heard.push(['context', params])
    return {}
  }
  bridge.onsizechange = ({ height }) => {
    if (height !== undefined) frame.style.height = `${height}px`
    host.heard.push(['size', height])
  }
  const initialized = new Promise<void>((resolve) => {
    if (bridge !== undefined) bridge.oninitialized = () => resolve()
  })
  const { contentWindow } = frame
  if (contentWindow === null) throw new Error('The frame has no window')
  await bridge.connect(new PostMessageTransport(contentWindow, contentWindow))
  frame.srcdoc = html
  await initialized
}
host.give = async (result) => {
  await bridge?.sendToolInput({ arguments: {} })
  await bridge?.sendToolResult(result)
}
host.changeContext = async (context) => {
  await bridge?.sendHostContextChange(context)
}
