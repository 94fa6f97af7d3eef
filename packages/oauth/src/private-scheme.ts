/**
 * Schemes that an application on the owner's device registers for itself (RFC 8252 §7.1). The owner of the deployment
 * names them one by one, so this file refuses only what could never be such an application: schemes that browsers
 * and operating systems act on themselves, where a code would be run as script, read as a file or sent in the clear.
 */

const actedOn = new Set([
  ...['javascript', 'vbscript', 'livescript', 'mocha', 'data', 'blob', 'about', 'view-source', 'urn', 'cid'],
  ...['file', 'filesystem', 'jar', 'resource', 'res', 'mk', 'mhtml', 'content', 'intent', 'search', 'shell'],
  ...['http', 'https', 'ws', 'wss', 'ftp', 'ftps', 'sftp', 'ssh', 'telnet', 'gopher', 'smb', 'nfs', 'afp'],
  ...['ldap', 'ldaps', 'imap', 'imaps', 'pop', 'smtp', 'news', 'nntp', 'rtsp', 'irc', 'git', 'svn'],
  ...['mailto', 'tel', 'sms', 'facetime', 'sip', 'geo', 'magnet', 'edge', 'opera', 'brave', 'safari'],
])
/** Families: Microsoft's handlers (ms-msdt, search-ms), browsers' own pages and extensions. */
const actedOnFamily =
  /^(?:ms-|microsoft-|search-|chrome|googlechrome|firefox|moz-|safari-|opera-|web\+|x-apple)/

/** `com.example.app:/path`, or a scheme of any name with a host: `warp://mcp/callback`. */
export function hasPrivateScheme(url: URL): boolean {
  const scheme = url.protocol.slice(0, -1)
  // One letter is a drive on Windows.
  if (scheme.length < 2 || actedOn.has(scheme) || actedOnFamily.test(scheme)) return false
  return scheme.includes('.') ? /^[^:]+:\//.test(url.href) : url.host !== ''
}
