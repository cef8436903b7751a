-- The exit codes of remora, by meaning. Numbers only; who exits with which is the commands' affair.

return {
  done = 0,        -- done, or nothing to do
  failed = 1,
  pending = 2,     -- changes pending, with --detailed-exitcode
  refused = 3,     -- by a safety rule
  partial = 4,     -- applied in part
  diverged = 5,    -- applied, not converged
  locked = 6,
  stale = 7,       -- the plan no longer fits
  usage = 64,
  bug = 70,        -- of a script; one of remora is told by the host
  interrupted = 130,
}
