#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// OpenSSL has these as macros or behind unions, which Swift does not see.

// What every connection gets. Compression and renegotiation are gone from TLS 1.3, and a danger
// before. An end without close_notify is an end; the protocol above knows whether it was due.
static inline void pgrepl_ssl_set_options(SSL_CTX *context) {
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
}

static inline int pgrepl_ssl_set_versions(SSL_CTX *context, int minimum, int maximum) {
  return (minimum == -1 || SSL_CTX_set_min_proto_version(context, minimum)) &&
         (maximum == -1 || SSL_CTX_set_max_proto_version(context, maximum));
}

static inline int pgrepl_ssl_set_server_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

static inline void pgrepl_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline void pgrepl_bio_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void pgrepl_bio_set_retry_write(BIO *bio) { BIO_set_retry_write(bio); }

// The bytes of a DNS name or IP address among a certificate's alternative names; 0 for other kinds.
static inline int pgrepl_name_kind(const GENERAL_NAME *name) {
  return name->type == GEN_DNS ? 1 : name->type == GEN_IPADD ? 2 : 0;
}
static inline const ASN1_STRING *pgrepl_name_value(const GENERAL_NAME *name) {
  return name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
}
static inline int pgrepl_print_name(BIO *bio, const X509_NAME *name) {
  return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
}
static inline int pgrepl_names_count(const GENERAL_NAMES *names) {
  return sk_GENERAL_NAME_num(names);
}
static inline const GENERAL_NAME *pgrepl_names_at(const GENERAL_NAMES *names, int index) {
  return sk_GENERAL_NAME_value(names, index);
}
