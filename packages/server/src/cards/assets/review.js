// @ts-check
/*
 * The review card's one script. It speaks JSON-RPC with the host over postMessage (MCP Apps, 2026-01-26): shows the email
 * of the tool's answer, and gives the person's answer back as one call of approve_send. All that it shows becomes text and
 * never markup. The state goes to the host that the first message came from, and to nobody else.
 */

/**
 * @typedef {{ text: string, marks: string[] }} Shown
 * @typedef {{ name: string, values: Shown[] }} Row
 * @typedef {{ state: string, expiresAt: number, people: Row[], redirects: string[], subject: string, note?: string, files: string[], text: string }} Review
 * @typedef {{ isError?: boolean, content?: { text?: string }[], structuredContent?: { message?: string, code?: string, state?: string }, _meta?: Record<string, Review | undefined> }} Result
 * @typedef {{ theme?: string, styles?: { variables?: Record<string, string | undefined> } }} HostContext
 */

const reviewKey = 'email-connector/review'
const untouched = ['rate_limited', 'temporarily_unavailable']
/** What became of the email earlier is not known here. */
const late = ['not_confirmed', 'stale_id']
const names = { send: 'Sending …', keep: 'Keeping …', discard: 'Discarding …' }
const titles = {
  sent: 'Sent',
  held: 'In Drafts',
  rejected: 'Not sent',
  unknown: 'Perhaps sent',
  discarded: 'Discarded',
}

/** @returns {HTMLElement} */
const byId = (/** @type {string} */ id) => {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`The card has no ${id}`)
  return element
}
const outcome = byId('outcome')

/* The host */

/** Unknown before its first message; a host without an origin of its own has none to be named by. */
let hostOrigin = '*'
let isPinned = false
let lastId = 0
/** @type {Map<unknown, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
const waiting = new Map()

const post = (/** @type {object} */ message) => parent.postMessage({ jsonrpc: '2.0', ...message }, hostOrigin)
const notify = (/** @type {string} */ method, /** @type {object} */ params) => post({ method, params })
/** @returns {Promise<any>} */
const request = (/** @type {string} */ method, /** @type {object} */ params) =>
  new Promise((resolve, reject) => {
    lastId += 1
    waiting.set(lastId, { resolve, reject })
    post({ id: lastId, method, params })
  })

addEventListener('message', ({ source, origin, data }) => {
  if (source !== parent || typeof data !== 'object' || data === null || data.jsonrpc !== '2.0') return
  if (isPinned && hostOrigin !== '*' && origin !== hostOrigin) return
  if (!isPinned && origin !== 'null' && origin !== '') hostOrigin = origin
  isPinned = true
  const { id, method, params = {} } = data
  if (method === undefined) {
    const one = waiting.get(id)
    waiting.delete(id)
    if (data.error) one?.reject(new Error('The host refused'))
    else one?.resolve(data.result)
  } else if (id !== undefined) {
    if (method === 'ping' || method === 'ui/resource-teardown') post({ id, result: {} })
    else post({ id, error: { code: -32601, message: 'Method not found' } })
  } else if (method === 'ui/notifications/tool-result') showResult(params)
  else if (method === 'ui/notifications/tool-cancelled') say('The call was ended: nothing was sent by it.')
  else if (method === 'ui/notifications/host-context-changed') applyContext(params)
})

const applyContext = (/** @type {HostContext} */ { theme, styles }) => {
  const root = document.documentElement
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme
  for (const [name, value] of Object.entries(styles?.variables ?? {}))
    if (name.startsWith('--') && typeof value === 'string') root.style.setProperty(name, value)
}

/* The email */

/** @type {Review | undefined} */
let review
let isBusy = false
let tellsModel = false

const say = (/** @type {string} */ text, isBad = false) => {
  outcome.dataset.kind = isBad ? 'bad' : ''
  outcome.textContent = text
}
const setTitle = (/** @type {string} */ text) => {
  byId('title').textContent = text
}
/** @template {keyof HTMLElementTagNameMap} Tag */
const make = (/** @type {Tag} */ tag, /** @type {string} */ text) => {
  const element = document.createElement(tag)
  element.textContent = text
  return element
}

const showResult = (/** @type {Result} */ result) => {
  const next = result._meta?.[reviewKey]
  if (next !== undefined) return showReview(next)
  const { message, state = '', code = '' } = result.structuredContent ?? {}
  const failed = late.includes(code) ? 'Nothing done now' : 'Not sent'
  setTitle(titles[/** @type {keyof typeof titles} */ (state)] ?? (result.isError ? failed : 'Email'))
  say(message ?? result.content?.[0]?.text ?? 'The app gave no answer.', result.isError)
}

const showReview = (/** @type {Review} */ next) => {
  review = next
  setTitle('Send this email?')
  byId('rows').replaceChildren(
    ...next.people.flatMap(({ name, values }) => [make('dt', name), toValues(values)]),
  )
  byId('subject').textContent = next.subject || '(no subject)'
  const notes = [...next.redirects, ...(next.note === undefined ? [] : [next.note])]
  showLine('note', notes.length === 0 ? undefined : notes.join('\n'))
  byId('text').textContent = next.text
  byId('files').replaceChildren(...next.files.map((file) => make('li', file)))
  byId('files').hidden = next.files.length === 0
  byId('email').hidden = byId('answers').hidden = false
  // What a box that scrolls hides is said beside it.
  const recipients = next.people.flatMap(({ name, values }) => (name === 'From' ? [] : values)).length
  showLine('many', hides('people') ? `${recipients} recipients: scroll to see all of them.` : undefined)
  const { length } = next.text
  showLine('long', hides('text') ? `${length} characters: scroll to read all of them.` : undefined)
  const isOver = Date.now() / 1000 > next.expiresAt
  say(
    isOver
      ? 'This card decides for five minutes only. The email is in Drafts: ask for send_draft to see it again.'
      : '',
  )
}

const hides = (/** @type {string} */ id) => byId(id).scrollHeight > byId(id).clientHeight

const showLine = (/** @type {string} */ id, /** @type {string | undefined} */ text) => {
  byId(id).textContent = text ?? ''
  byId(id).hidden = text === undefined
}

const toValues = (/** @type {Shown[]} */ values) => {
  const cell = document.createElement('dd')
  for (const { text, marks } of values) {
    const line = make('span', text)
    line.append(...marks.map((one) => make('mark', one)))
    cell.append(line)
  }
  return cell
}

/* The answer */

const setBusy = (/** @type {boolean} */ busy) => {
  isBusy = busy
  for (const button of document.querySelectorAll('button')) button.setAttribute('aria-disabled', String(busy))
}

const decide = async (/** @type {keyof typeof names} */ answer) => {
  if (review === undefined || isBusy) return
  setBusy(true)
  say(names[answer])
  try {
    const args = { state: review.state, answer }
    /** @type {Result} */
    const result = await request('tools/call', { name: 'approve_send', arguments: args })
    const isUntouched = result.isError && untouched.includes(result.structuredContent?.code ?? '')
    showResult(result)
    if (result._meta?.[reviewKey] !== undefined) {
      say('This email was changed since you looked: nothing was sent. Look at it as it is now.', true)
    } else if (isUntouched) {
      setTitle('Send this email?')
    } else {
      review = undefined
      byId('answers').hidden = true
      outcome.focus()
      tellModel(result)
    }
  } catch {
    // A second press is safe: the server acts on an answer once.
    say(
      'This app did not pass your answer on, or got none back. Press again; the email is in Drafts meanwhile.',
      true,
    )
  }
  setBusy(false)
}

const tellModel = (/** @type {Result} */ { structuredContent }) => {
  if (!tellsModel || structuredContent?.message === undefined) return
  const text = `The person answered in the review card. ${structuredContent.message}`
  request('ui/update-model-context', { content: [{ type: 'text', text }] }).catch(() => undefined)
}

for (const answer of /** @type {const} */ (['send', 'keep', 'discard']))
  byId(answer).addEventListener('click', () => decide(answer))

const tellSize = () => {
  const { width, height } = document.documentElement.getBoundingClientRect()
  notify('ui/notifications/size-changed', { width: Math.ceil(width), height: Math.ceil(height) })
}

request('ui/initialize', {
  protocolVersion: '2026-01-26',
  appInfo: { name: 'email-connector review', version: '1' },
  appCapabilities: { availableDisplayModes: ['inline'] },
})
  .then(({ hostContext = {}, hostCapabilities = {} }) => {
    tellsModel = hostCapabilities.updateModelContext !== undefined
    applyContext(hostContext)
    notify('ui/notifications/initialized', {})
    new ResizeObserver(tellSize).observe(document.documentElement)
  })
  .catch(() => say('This app does not show review cards. The email is in Drafts.', true))
