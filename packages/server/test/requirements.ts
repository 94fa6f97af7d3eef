/**
 * What this project demands of itself, in one list. A test cites an id (`R07`) in its title; a source file may cite one
 * where it does what the row says. `docs/requirements.md` is printed from this, requirements.test.ts keeps it honest.
 * What the standards demand is a list of its own: packages/oauth/test/requirements.ts.
 */

/**
 * `met` and `partly` need a test that cites the row, `planned` and `later` have none. A row is `planned` when it belongs
 * to the work that goes on now, `later` when it does not.
 */
export type Standing = 'met' | 'partly' | 'planned' | 'later'

export interface Requirement {
  readonly id: string
  readonly sentence: string
  readonly standing: Standing
  /** Of a row that is partly met: what is missing. */
  readonly missing?: string
}

export interface Chapter {
  readonly name: string
  readonly requirements: readonly Requirement[]
}

export const chapters: readonly Chapter[] = [
  {
    name: 'OAuth',
    requirements: [
      met(
        'R01',
        'The metadata of the authorization server is a constant: `issuer` is PUBLIC_URL without a trailing slash, S256 is the only challenge method, `authorization_response_iss_parameter_supported` and `client_id_metadata_document_supported` are true. No `Host` or `X-Forwarded-*` header changes it.',
      ),
      met(
        'R02',
        'The protected-resource document is the same at both its paths, with `resource` PUBLIC_URL/mcp and without `offline_access`.',
      ),
      met(
        'R03',
        'Without a token the answer is a bare 401 challenge, with a bad one `invalid_token`, and outside the scope 403 `insufficient_scope` that names every scope needed. A missing permission is a tool error.',
      ),
      met(
        'R04',
        'No altered redirect URI is followed (look-alike hosts, user info, escapes, other schemes, ports and cases, duplicates, oversize): the answer is a local 400 page and never a redirect.',
      ),
      met(
        'R05',
        'A loopback redirect URI may use any port from 1 to 65535 and otherwise must match exactly.',
      ),
      met(
        'R06',
        'PKCE is required: a missing, `plain` or malformed challenge, a malformed verifier and a verifier without a challenge are refused.',
      ),
      met('R07', 'An authorization code lives at most 60 seconds and works once, also in a race of 50.'),
      met(
        'R08',
        'A valid replay of a code later than 10 seconds revokes what the code issued, an earlier one is only refused, and an invalid replay does nothing.',
      ),
      met(
        'R09',
        'A code is bound to its client, redirect URI and resource. A request for another resource is `invalid_target` and does not consume the code.',
      ),
      met('R10', 'Success and error redirects carry `iss` and `state` once each.'),
      met(
        'R11',
        'Duplicate parameters, wrong methods, wrong content types, oversized bodies and bad UTF-8 get the error that the RFC names, never a 5xx.',
      ),
      met('R12', 'A token in the query, the body or a cookie is ignored.'),
      met('R13', 'A token for another resource is a 401.'),
      met(
        'R14',
        'Refresh tokens rotate. The old one repeated within 60 seconds gets the same answer, also 50 times in parallel; later or older reuse revokes the grant. The scope never widens, and grants end after absolute and idle limits.',
      ),
      met(
        'R15',
        'Revocation takes effect at the next call. A client cannot revoke the token of another client, and an unknown token still gets 200.',
      ),
      met(
        'R16',
        'Dynamic registration stores nothing: the client id carries its metadata and an HMAC. It fetches no URL, caps sizes, drops null fields, and names are escaped.',
      ),
      met(
        'R17',
        "A client metadata document is fetched over https from a URL with a path, without redirects, from a public address that was resolved, checked and pinned, at most 5 KB within 5 seconds. Its `client_id` equals its URL, it is cached for at most 7 days, and failures are never cached. The known clients' documents are built in as a fallback.",
      ),
      met(
        'R18',
        "The consent page shows the client's name and host, the host it redirects to, a warning for clients that only use loopback, what is granted and for how long. Nothing is approved automatically.",
      ),
      met(
        'R19',
        "The redirect after the form is a 303, and the page's content security policy lets the browser follow it to claude.ai and to localhost.",
      ),
      met(
        'R20',
        'Owners can list and revoke their connections and delete everything. A link that adds an account or changes a password needs proof of an account already in the grant.',
      ),
      met('R21', '/oauth/authorize allows no CORS. /mcp checks Origin and Host.'),
      met(
        'R22',
        'Every request gets its own MCP server and transport objects, so no answer crosses to another caller.',
      ),
    ],
  },
  {
    name: 'Keys and stored data',
    requirements: [
      met(
        'R23',
        'Database and KMS without a token open nothing, nor do a token and the database without KMS.',
      ),
      met(
        'R24',
        'Once any stored attribute (host, port, scope, permission, client, resource, expiry, grant id) is changed or two rows are swapped, opening fails.',
      ),
      met('R25', 'A dump of every table contains no token, code, address, password or subject.'),
      met('R26', 'The key commitment is compared first, the 16-byte tag is enforced, and no nonce repeats.'),
      met(
        'R27',
        "On the credentials key the oauth function may only generate data keys, and the functions mcp and owner may only decrypt. No function has both rights, and the token endpoint needs neither. DynamoDB's own use of the storage key is apart from this.",
      ),
      met(
        'R28',
        'A grant restored from a backup after its revocation cannot be opened with the old token, since token rows hold the wraps and are not backed up.',
      ),
      met('R29', 'Key buffers are zeroed on every path, including errors.'),
      met(
        'R30',
        'A stored record has a version. An older version is read, and wrapped again when it is used.',
      ),
      met(
        'R31',
        'A row past its expiry that is still present is refused everywhere. The re-opening of a session is the one rule of its own.',
      ),
    ],
  },
  {
    name: 'Hosts and mail protocols',
    requirements: [
      met(
        'R32',
        'Private, loopback, link-local, shared, reserved, translated and tunnelled addresses are refused in every spelling, at least 50 of them in a table. An IPv6 address must be in 2000::/3.',
      ),
      met(
        'R33',
        'For every connection the host is resolved, every address is checked, and the connection goes to a checked address with the host name as TLS server name.',
      ),
      met('R34', 'Only the ports 993, 143 (STARTTLS required), 465 and 587 are used.'),
      met(
        'R35',
        'A certificate for another name, a self-signed or expired one and TLS below 1.2 are refused, each with its own sentence.',
      ),
      met(
        'R36',
        'No credential is sent in clear when STARTTLS is stripped, a response is injected, or the greeting is PREAUTH.',
      ),
      met(
        'R37',
        'CR, LF, NUL and control characters in any field are refused before a connection is opened.',
      ),
      met('R38', 'No object, path or URL makes the composer read a file or fetch a URL.'),
      met(
        'R39',
        'The envelope that is sent equals the recipients that were shown, whatever commas, groups, quoted local parts, Bcc headers or line breaks the input has.',
      ),
      met(
        'R40',
        'A host that the policy refuses answers exactly like one that cannot be reached: same bytes, same minimum time. Public hosts get a clear sentence. Attempts per target host are limited.',
      ),
    ],
  },
  {
    name: 'Forms, abuse and logs',
    requirements: [
      met(
        'R41',
        'A form post with a missing or foreign cookie or handle, a foreign Origin or Sec-Fetch-Site, or a handle that was used already gets 403. `Origin: null`, which the no-referrer policy causes, is accepted only with `Sec-Fetch-Site: same-origin` or neither header, and always with cookie and handle.',
      ),
      met(
        'R42',
        'Limits hold under load: 5 attempts per sign-in, 5 failures in 15 minutes per account, 10 in 15 minutes and 5 accounts an hour per IP address (per /64 for IPv6). While the store is down the form is closed.',
      ),
      met(
        'R43',
        '/oauth/token and /mcp have no limit per IP address, since hosted clients share addresses. They have a limit per grant.',
      ),
      met('R44', 'Every route and status carries the security headers.'),
      met(
        'R45',
        'No log line of a whole test run contains a password, token, code, verifier, subject, body or address.',
      ),
      met('R46', 'Markup in a client name, state, scope, error, sender or subject stays text.'),
    ],
  },
  {
    name: 'Content',
    requirements: [
      met(
        'R47',
        'Hidden text is removed (by style, attribute, style sheet, size, colour, position, comment, or invisible characters), and `hidden_text_removed` says so.',
      ),
      met('R48', 'Reading a message causes no outbound request.'),
      met(
        'R49',
        'Links show their text and host without tracking queries, images are named by host, and data: URLs are dropped. Reference-style Markdown is neutralised, and punycode and text that names another host are flagged.',
      ),
      met(
        'R50',
        "Only the provider's own topmost Authentication-Results header counts. Several From headers or odd From syntax are marked as suspicious.",
      ),
      met(
        'R51',
        '`tools/list` follows scope and permission. A call outside the scope is a 403, one outside the permission a tool error.',
      ),
      met(
        'R52',
        'Sending asks for confirmation where the client can be asked. The question shows every recipient, the subject, the attachments and who is new to the conversation; its state is sealed, used once, valid for 5 minutes and bound to the message.',
      ),
      met('R53', 'Text from a message cannot forge the mark around untrusted text.'),
      met('R54', 'Tool definitions are committed files, so that a change is a visible diff.'),
    ],
  },
  {
    name: 'Reliability',
    requirements: [
      met(
        'R55',
        'The same email sent twice (in parallel, after a timeout, with the same key, with the same content) makes one DATA at the server.',
      ),
      met(
        'R56',
        'When the connection drops or falls silent after the final dot, the outcome is `unknown`: the email is never sent again and the Sent mailbox is looked at.',
      ),
      met(
        'R57',
        'The copy in Sent has the bytes and Message-ID that were sent. A failed APPEND is a success with a warning, and providers that file their own copy get none.',
      ),
      met(
        'R58',
        'Against every hostile mail server, at every stage, a call answers within 25 seconds, closes its sockets and leaves no unhandled rejection.',
      ),
      met(
        'R59',
        'A mailbox of 1,000,000 messages, a message of 50 MB and an attachment of 25 MB take less than 300 MB of memory and only partial fetches.',
      ),
      met('R60', 'After a change of UIDVALIDITY an id is stale, and no other message is touched.'),
      met(
        'R61',
        'A move uses MOVE, else COPY and UID EXPUNGE. Nothing is expunged when COPY failed, and a plain EXPUNGE is never sent.',
      ),
      met(
        'R62',
        'Malformed MIME from the world and from generators, in every charset, causes no crash and no hang above one second.',
      ),
      met(
        'R63',
        'When KMS or DynamoDB is down or throttled, or the process is killed between any two writes, the answer is 503 with Retry-After, never 401. Nothing is lost and nothing stays half done.',
      ),
      met(
        'R64',
        'After a kill -9 of the local server at any moment every acknowledged grant still works, in 50 kills.',
      ),
      met('R65', 'One user after another in one process leaves no residue in globals, files or sockets.'),
    ],
  },
  {
    name: 'AWS',
    requirements: [
      met(
        'R66',
        'The rights of each function are exact, without a wildcard action or resource that AWS does not force. health may only write its log; nobody may scan or manage keys.',
      ),
      met(
        'R67',
        'Tables have expiry, point-in-time recovery, deletion protection and retention in production, and are encrypted with a key that rotates.',
      ),
      met(
        'R68',
        'The access log has no Authorization header, query or cookie, and every log group has a retention. Alarms watch errors, throttles, latency and misuse of keys.',
      ),
      met('R69', 'The AwsSolutions rules of cdk-nag pass, and every suppression has a reason.'),
      met(
        'R70',
        'Only /mcp, /files and /review stream, and WWW-Authenticate reaches the client through the gateway.',
      ),
      met('R71', 'An address outside ALLOWED_ACCOUNTS is refused before any mail server is contacted.'),
      met(
        'R72',
        'The deployed bundle cannot be told to reach loopback, link-local or metadata addresses, or other ports; private addresses only at mail hosts that a stage with a network of its own names. Nor can it be told to sign people in by device code. Its tests redirect name and port outside the bundle.',
      ),
    ],
  },
  {
    name: 'Reading, second part',
    requirements: [
      met(
        'R73',
        'On corpora of newsletters, receipts and replies at least 99.5 % of the words that Chromium shows are in the text, and no message with visible words comes out empty.',
      ),
      partly(
        'R74',
        'Words that Chromium does not show are removed, or marked where they are and named in `warnings`, in previews, attachments and both formats. No generated case leaves unmarked hidden words.',
        'The tests judge 30 generated tricks; every night it is 3,000, and 2,000 ordinary emails (`pnpm test:long`, `pnpm bench:reading`). Previews are judged on their first 1,536 octets.',
      ),
      met(
        'R75',
        'The body is the part that a mail program shows, in rows and details alike. A plain part that says something else is named (`text_part_differs`) and never read alone.',
      ),
      met(
        'R76',
        'Messages inside messages are read at any depth (RFC 9051 §6.4.5.1), and their files are listed and fetched.',
      ),
      met(
        'R77',
        '1 MiB of any repeated token costs at most one second per renderer and expression and keeps other requests waiting for at most 100 ms. A fault in one message is the answer for that message alone.',
      ),
      met(
        'R78',
        'Lists and searches are ordered by date received. After a bookmark they follow the order of arrival: nothing is returned twice and nothing skipped. A message moved back in is new, and a new UIDVALIDITY falls back to the date and says so.',
      ),
      met(
        'R79',
        'Attachments, inline pictures, signatures and bodies follow RFC 8621 §4.1.4, in rows, details and `has_attachment` alike.',
      ),
      met(
        'R80',
        'The text of documents comes with marks for pages and sheets and names hidden runs. A hostile document ends a worker and not the call, within 300 MB of memory.',
      ),
      met('R81', 'Every empty body says why, every cut says how to go on, and links come whole on request.'),
    ],
  },
  {
    name: 'Writing, second part',
    requirements: [
      met(
        'R82',
        'A draft made by another program goes out byte for byte, apart from Date, a missing Message-ID, and a list of headers that are for drafts only.',
      ),
      met(
        'R83',
        "What others wrote is never treated as Markdown and never takes the model's form: quotes and forwards show whole targets, pictures and tables.",
      ),
      met(
        'R84',
        'An email carries the display name, alias and signature of its owner, a reply comes from the address that was written to, and owners are never their own recipients.',
      ),
      met(
        'R85',
        'An email is sent at most once by key and by content, across keys, grants of one account, connections and processes.',
      ),
      met('R86', 'A recipient that cannot be sent to is named and never dropped in silence.'),
      met(
        'R87',
        'One search language gives fixed X-GM-RAW strings for Gmail and, over IMAP, the same ids as a plain evaluator on real servers. Every known difference is listed, and what is not understood is said.',
      ),
      met(
        'R88',
        '`all` searches every mailbox and `account: all` every account. What failed or was left out is named.',
      ),
      met('R89', 'Every change can be undone by its `undo`, or the answer says why not.'),
    ],
  },
  {
    name: 'Control and time',
    requirements: [
      met(
        'R90',
        "A provider's rotated refresh token is never lost and never used twice: 50 calls in 50 processes at its expiry make one refresh. Every refusal of XOAUTH2 has its own sentence.",
      ),
      met(
        'R91',
        "Password guesses are counted per IMAP and per SMTP host and login, and strangers' failures never keep owners from revoking.",
      ),
      met(
        'R92',
        'With the setting `ask` nothing is sent without a yes. With `always` only /review, or a question that the owner trusts, releases an email, whatever the client claims. What was shown is what is sent.',
      ),
      met(
        'R93',
        "The owner's limits hold in the server: recipients, new recipients a day, sends an hour, attachments that leave, hidden mailboxes.",
      ),
      met(
        'R94',
        "Audit and settings hold no content. A live token or the account's live login opens them; tables, backups, logs and KMS open none of it. A missing, older or foreign row refuses and loosens nothing. Tables together with the seed and a known login do open them, and the threat model says so.",
      ),
      met(
        'R95',
        'CloudFormation refuses nothing that the templates say: type changes, exports in use, kept names and empty arrays are tried against a stand-in.',
      ),
      met(
        'R96',
        'An address on the deny list or off the allow list is refused at the next call, at refresh and on every page.',
      ),
      later('R97', 'A scheduled send goes out at most once, and not if its draft was edited or removed.'),
      later(
        'R98',
        "Replies to invitations are valid iTIP (RFC 5546 §3.2.3, RFC 6047) and only change the owner's own attendee line.",
      ),
      later(
        'R99',
        'One-click unsubscribe works only where a passing DKIM signature covers the header: https, public addresses, no redirects, no cookies, 5 seconds (RFC 8058).',
      ),
      met(
        'R100',
        'Cards load nothing and reach nothing. Their sealed state is in neither content nor structuredContent and works once within 5 minutes.',
      ),
      planned(
        'R101',
        '30 minutes of mixed load leave memory flat, leak no socket, timer or worker, lose nothing and send nothing twice.',
      ),
      met('R102', 'A hostile mail server, name server or document costs one call, never the process.'),
      met(
        'R103',
        'Derived tokens and links die with their grant: after a revocation, at any moment of a refresh or a running call, no review, download or account link works, backups included.',
      ),
      met(
        'R104',
        "One account's login neither reads nor loosens the settings or audit of another account in the same grant.",
      ),
    ],
  },
]

export const requirements: readonly Requirement[] = chapters.flatMap((chapter) => chapter.requirements)

function met(id: string, sentence: string): Requirement {
  return { id, sentence, standing: 'met' }
}

function partly(id: string, sentence: string, missing: string): Requirement {
  return { id, sentence, standing: 'partly', missing }
}

function planned(id: string, sentence: string): Requirement {
  return { id, sentence, standing: 'planned' }
}

function later(id: string, sentence: string): Requirement {
  return { id, sentence, standing: 'later' }
}
