/**
 * The text of dovecot.conf for a test server, and the profiles in which real hosts differ:
 * where folders live, what they are called, what the server says it can do, how much fits in.
 */
import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'

export interface DovecotProfile {
  /** Put before every folder but INBOX, as Courier and Cyrus do: `INBOX.`; its last character is the delimiter. */
  prefix?: string
  /** Advertised instead of Dovecot's own list, before and after login: `IMAP4rev1 UIDPLUS …`. */
  capabilities?: string
  /** Bytes, a multiple of 1024; beyond it APPEND, COPY and delivery fail with OVERQUOTA. */
  quotaBytes?: number
  /** Folders that exist from the start. Default: Drafts, Sent, Trash, Junk, Archive, each with its special use. */
  folders?: readonly { name: string; specialUse?: string }[]
  /** Everybody's mailboxes, below this prefix; each user subscribes to them or not. */
  sharedPrefix?: string
  format?: 'maildir' | 'sdbox' | 'mdbox'
  /** Access tokens count as well, asked for at this URL. */
  introspectionUrl?: string
}

/** The layout of a German hosting company: names only, no SPECIAL-USE. */
export const germanFolders = ['Entwürfe', 'Gesendet', 'Papierkorb', 'Spam', 'Archiv'].map((name) => ({
  name,
}))

const defaultFolders = ['Drafts', 'Sent', 'Trash', 'Junk', 'Archive'].map((name) => ({
  name,
  specialUse: `\\${name}`,
}))

export interface DovecotPlace {
  folder: string
  imapsPort: number
  imapPort: number
  mailUid: number
  mailGid: number
  asRoot: boolean
  profile: DovecotProfile
}

export function dovecotConfiguration(place: DovecotPlace): string {
  const { folder, profile } = place
  const { prefix = '', format = 'sdbox', folders = defaultFolders } = profile
  const delimiter = prefix === '' ? '/' : prefix.slice(-1)
  const mailboxes = folders.map(
    ({ name, specialUse }) =>
      `  mailbox "${name}" {\n    auto = subscribe\n    ${specialUse ? `special_use = ${specialUse}` : ''}\n  }`,
  )
  return `
base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = ${folder}/log
# Tells this server from another that got the port first.
login_greeting = Dovecot ready at ${folder}
protocols = imap lmtp
listen = 127.0.0.1
ssl = required
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
ssl_min_protocol = TLSv1.2
${place.asRoot ? '' : withoutRoot()}
auth_mechanisms = plain login ${profile.introspectionUrl ? 'xoauth2 oauthbearer' : ''}
auth_failure_delay = 0
auth_username_format = %Lu
${profile.introspectionUrl ? tokens(folder) : ''}
passdb {
  driver = passwd-file
  ${profile.introspectionUrl ? 'mechanisms = plain login' : ''}
  args = scheme=plain username_format=%u ${folder}/users
}
userdb {
  driver = static
  args = uid=${place.mailUid} gid=${place.mailGid} home=${folder}/mail/%u ${profile.introspectionUrl ? 'allow_all_users=yes' : ''}
}
first_valid_uid = 1
first_valid_gid = 1
mail_location = ${format}:~/${format}
# Nothing here has to survive a power cut.
mail_fsync = never
mailbox_list_index = yes
# Locks by fcntl of many processes at once now and then look like a deadlock to the kernel, and Dovecot panics.
lock_method = flock
mail_max_userip_connections = 1000
mail_plugins = ${profile.quotaBytes ? 'quota' : ''}
rawlog_dir = ${folder}/rawlog/%u
${profile.capabilities ? `imap_capability = ${profile.capabilities}` : ''}
namespace inbox {
  inbox = yes
  prefix = ${prefix}
  separator = ${delimiter}
${mailboxes.join('\n')}
}
${profile.sharedPrefix ? shared(profile.sharedPrefix, `${format}:${folder}/mail/shared`) : ''}
protocol imap {
  mail_plugins = $mail_plugins ${profile.quotaBytes ? 'imap_quota' : ''}
}
${profile.quotaBytes ? quota(profile.quotaBytes) : ''}
# Without the penalty a wrong password is answered at once, however often.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
  ${place.asRoot ? '' : 'chroot ='}
}
# A process for each connection would take six times the CPU of serving it.
service imap-login {
  service_count = 0
  inet_listener imap {
    port = ${place.imapPort}
  }
  inet_listener imaps {
    port = ${place.imapsPort}
    ssl = yes
  }
  ${place.asRoot ? '' : 'chroot ='}
}
service imap {
  process_limit = 200
  service_count = 100
}
service lmtp {
  unix_listener ${folder}/lmtp {
    mode = 0666
  }
}
`
}

function shared(prefix: string, location: string): string {
  return `
namespace shared {
  type = public
  prefix = ${prefix}
  separator = ${prefix.slice(-1)}
  location = ${location}
  subscriptions = no
  list = yes
}
`
}

function tokens(folder: string): string {
  return `passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${folder}/oauth2.conf.ext
}`
}

/** What the passdb above reads. */
export function oauth2Configuration(introspectionUrl: string): string {
  return `introspection_url = ${introspectionUrl}
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
tokeninfo_url =
`
}

/** Everything runs as the one who started it, by name: Dovecot takes no numbers here. */
function withoutRoot(): string {
  const user = userInfo().username
  const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()
  return `default_internal_user = ${user}\ndefault_login_user = ${user}\ndefault_internal_group = ${group}`
}

function quota(bytes: number): string {
  return `plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_grace = 0
  quota_rule = *:storage=${Math.ceil(bytes / 1024)}K
}`
}
