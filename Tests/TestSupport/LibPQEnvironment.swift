/// Values that would do harm to a connection if libpq took them from the environment.
///
/// <https://www.postgresql.org/docs/current/libpq-envars.html>
public let harmfulEnvironment = [
  "PGHOST": "/nowhere", "PGHOSTADDR": "192.0.2.1", "PGPORT": "1", "PGDATABASE": "nowhere",
  "PGUSER": "nobody", "PGPASSWORD": "wrong", "PGPASSFILE": "/nowhere", "PGREQUIREAUTH": "none",
  "PGCHANNELBINDING": "require", "PGSERVICEFILE": "/nowhere",
  "PGOPTIONS": "-c default_transaction_isolation=bogus", "PGAPPNAME": "intruder",
  "PGSSLMODE": "verify-full", "PGREQUIRESSL": "1", "PGSSLNEGOTIATION": "direct",
  "PGSSLCOMPRESSION": "1", "PGSSLCERT": "/nowhere", "PGSSLKEY": "/nowhere",
  "PGSSLCERTMODE": "require", "PGSSLROOTCERT": "/nowhere", "PGSSLCRL": "/nowhere",
  "PGSSLCRLDIR": "/nowhere", "PGSSLSNI": "0", "PGREQUIREPEER": "nobody",
  "PGSSLMINPROTOCOLVERSION": "TLSv1.3", "PGSSLMAXPROTOCOLVERSION": "TLSv1",
  "PGGSSENCMODE": "require", "PGKRBSRVNAME": "nobody", "PGGSSLIB": "nothing",
  "PGGSSDELEGATION": "1", "PGCONNECT_TIMEOUT": "1", "PGCLIENTENCODING": "EUC_JP",
  "PGTARGETSESSIONATTRS": "standby", "PGLOADBALANCEHOSTS": "random",
  "PGMINPROTOCOLVERSION": "3.2", "PGMAXPROTOCOLVERSION": "3.0", "PGAUTHTYPE": "nothing",
  "PGTTY": "nothing", "PGREALM": "nothing", "PGOAUTHCAFILE": "/nowhere",
  "PGDATESTYLE": "German", "PGTZ": "Asia/Kolkata", "PGGEQO": "off", "PGSYSCONFDIR": "/nowhere",
  "PGLOCALEDIR": "/nowhere",
]
