/**
 * What the scenarios of the conformance suite expect of a server, registered behind the product's own endpoint code:
 * the tools, resources and prompts both eras share. The multi-round tools are in conformance-input-required.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { completable, fromJsonSchema, McpServer, ResourceTemplate } from '@modelcontextprotocol/server'
import * as z from 'zod'
import type { McpApplication } from '../../src/mcp/application.ts'
import { registerInputRequired, stateCodec } from './conformance-input-required.ts'

const redPixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
const silentWav = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA=='
const image = { type: 'image' as const, data: redPixel, mimeType: 'image/png' }

export const conformanceApplication: McpApplication = {
  requiredScope: () => undefined,
  buildServer() {
    const server = new McpServer(
      { name: 'conformance-fixtures', version: '1.0.0' },
      {
        capabilities: {
          logging: {},
          completions: {},
          tools: { listChanged: false },
          prompts: { listChanged: false },
          resources: { listChanged: false, subscribe: true },
        },
        requestState: { verify: stateCodec.verify },
      },
    )
    registerContentTools(server)
    registerTalkingTools(server)
    registerResources(server)
    registerPrompts(server)
    registerInputRequired(server)
    return server
  },
}

function text(content: string) {
  return { content: [{ type: 'text' as const, text: content }] }
}

function registerContentTools(server: McpServer): void {
  server.registerTool('test_simple_text', { description: 'Text' }, async () =>
    text('This is a simple text response for testing.'),
  )
  server.registerTool('test_image_content', { description: 'An image' }, async () => ({ content: [image] }))
  server.registerTool('test_audio_content', { description: 'Audio' }, async () => ({
    content: [{ type: 'audio', data: silentWav, mimeType: 'audio/wav' }],
  }))
  server.registerTool('test_embedded_resource', { description: 'A resource' }, async () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  }))
  server.registerTool('test_multiple_content_types', { description: 'Several' }, async () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      image,
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: JSON.stringify({ test: 'data', value: 123 }),
        },
      },
    ],
  }))
  server.registerTool('test_error_handling', { description: 'Throws' }, async () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
  server.registerTool(
    'test_x_mcp_header',
    {
      description: 'Mirrors an argument in a header',
      inputSchema: fromJsonSchema<Record<string, unknown>>(mirrored),
    },
    async () => text('mirrored'),
  )
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'JSON Schema 2020-12', inputSchema: fromJsonSchema<Record<string, unknown>>(schema2020) },
    async () => text('valid'),
  )
}

function registerTalkingTools(server: McpServer): void {
  server.registerTool('test_tool_with_logging', { description: 'Logs' }, async (ctx) => {
    await ctx.mcpReq.log('info', 'Tool execution started')
    await sleep(50)
    await ctx.mcpReq.log('info', 'Tool processing data')
    await sleep(50)
    await ctx.mcpReq.log('info', 'Tool execution completed')
    return text('done')
  })
  server.registerTool('test_logging_tool', { description: 'Logs' }, async (ctx) => {
    await ctx.mcpReq.log('info', 'only with a log level')
    return text('done')
  })
  server.registerTool('test_tool_with_progress', { description: 'Reports progress' }, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        const params = { progressToken, progress, total: 100 }
        await ctx.mcpReq.notify({ method: 'notifications/progress', params })
      }
      await sleep(50)
    }
    return text('done')
  })
  server.registerTool(
    'test_sampling',
    { description: 'Asks the model', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, ctx) => {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }]
      const { content } = await ctx.mcpReq.requestSampling({ messages, maxTokens: 100 })
      return text(`LLM response: ${'text' in content ? content.text : ''}`)
    },
  )
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, ctx) => {
      const field = (description: string) => ({ type: 'string' as const, description })
      const properties = { username: field("User's response"), email: field("User's email address") }
      const requestedSchema = { type: 'object' as const, properties, required: ['username', 'email'] }
      const { action, content } = await ctx.mcpReq.elicitInput({ message, requestedSchema })
      return text(`User response: action=${action}, content=${JSON.stringify(content)}`)
    },
  )
  server.registerTool('test_elicitation_sep1034_defaults', { description: 'Defaults' }, async (ctx) => {
    const { action, content } = await ctx.mcpReq.elicitInput({
      message: 'Please review the defaults',
      requestedSchema: {
        type: 'object',
        properties: {
          name: { type: 'string', default: 'John Doe' },
          age: { type: 'integer', default: 30 },
          score: { type: 'number', default: 95.5 },
          status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
          verified: { type: 'boolean', default: true },
        },
      },
    })
    return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`)
  })
  server.registerTool('test_elicitation_sep1330_enums', { description: 'Enums' }, async (ctx) => {
    const options = ['option1', 'option2', 'option3']
    const titled = ['First', 'Second', 'Third'].map((n, at) => ({
      const: `value${at + 1}`,
      title: `${n} Option`,
    }))
    const { action, content } = await ctx.mcpReq.elicitInput({
      message: 'Please choose',
      requestedSchema: {
        type: 'object',
        properties: {
          untitledSingle: { type: 'string', enum: options },
          titledSingle: { type: 'string', oneOf: titled },
          legacyEnum: {
            type: 'string',
            enum: ['opt1', 'opt2', 'opt3'],
            enumNames: ['Option One', 'Option Two', 'Option Three'],
          },
          untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
          titledMulti: { type: 'array', items: { anyOf: titled } },
        },
      },
    })
    return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content)}`)
  })
}

function registerResources(server: McpServer): void {
  const plain = { description: 'Static text', mimeType: 'text/plain' }
  server.registerResource('static-text', 'test://static-text', plain, async ({ href }) => ({
    contents: [
      { uri: href, mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
    ],
  }))
  const png = { description: 'Static binary', mimeType: 'image/png' }
  server.registerResource('static-binary', 'test://static-binary', png, async ({ href }) => ({
    contents: [{ uri: href, mimeType: 'image/png', blob: redPixel }],
  }))
  const watched = { description: 'Watched', mimeType: 'text/plain' }
  server.registerResource('watched', 'test://watched-resource', watched, async ({ href }) => ({
    contents: [{ uri: href, mimeType: 'text/plain', text: 'Watched resource content.' }],
  }))
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined })
  const json = { description: 'A template', mimeType: 'application/json' }
  server.registerResource('template', template, json, async ({ href }, { id }) => ({
    contents: [
      {
        uri: href,
        mimeType: 'application/json',
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
      },
    ],
  }))
  server.server.setRequestHandler('resources/subscribe', () => ({}))
  server.server.setRequestHandler('resources/unsubscribe', () => ({}))
}

function registerPrompts(server: McpServer): void {
  const says = (content: string) => ({
    role: 'user' as const,
    content: { type: 'text' as const, text: content },
  })
  server.registerPrompt('test_simple_prompt', { description: 'Simple' }, async () => ({
    messages: [says('This is a simple prompt for testing.')],
  }))
  const arg = completable(z.string(), (value) =>
    ['paris', 'park', 'party'].filter((word) => word.startsWith(value)),
  )
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Arguments', argsSchema: z.object({ arg1: arg, arg2: z.string() }) },
    async ({ arg1, arg2 }) => ({ messages: [says(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  )
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A resource', argsSchema: z.object({ resourceUri: z.string() }) },
    async ({ resourceUri: uri }) => ({
      messages: [
        {
          role: 'user',
          content: {
            type: 'resource',
            resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
          },
        },
        says('Please process the embedded resource above.'),
      ],
    }),
  )
  server.registerPrompt('test_prompt_with_image', { description: 'An image' }, async () => ({
    messages: [{ role: 'user', content: image }, says('Please analyze the image above.')],
  }))
}

const mirrored = {
  type: 'object' as const,
  properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
  required: ['region'],
}

const schema2020 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object' as const,
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword the scenario looks for
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
}
