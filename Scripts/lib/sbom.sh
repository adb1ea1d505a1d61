# A list of what a program is made of, in SPDX 2.3 (JSON); sourced by Scripts/release.
# Packages and their commits come from Package.resolved, the system's libraries from pkg-config.
# shellcheck shell=bash

# identity, address, revision and version of each package that pgcdc is built with, one a line.
resolved_packages() {
  awk -F'"' '
    /"identity"/ { identity = $4 }
    /"location"/ { location = $4 }
    /"revision"/ { revision = $4 }
    /"version" : "/ { version = $4 }
    /^ *\},?$/ && identity != "" && revision != "" {
      print identity "\t" location "\t" revision "\t" version
      identity = revision = version = ""
    }
  ' Package.resolved
}

# One package as JSON. Names and versions hold nothing that JSON would have to escape.
sbom_package() { # ID NAME VERSION ADDRESS LICENCE
  printf '    {"SPDXID": "SPDXRef-%s", "name": "%s", "versionInfo": "%s", "downloadLocation": "%s",\n' \
    "$1" "$2" "$3" "$4"
  printf '     "filesAnalyzed": false, "licenseConcluded": "%s", "licenseDeclared": "%s", "copyrightText": "NOASSERTION"}' \
    "$5" "$5"
}

sbom() { # VERSION FILE
  local identity location revision number relations='' seconds created
  [ -f Package.resolved ] || die "Package.resolved is missing; build first"
  seconds=$(git log -1 --format=%ct)
  created=$(date -u -d "@$seconds" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$seconds" +%Y-%m-%dT%H:%M:%SZ)
  printf '{\n  "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",\n'
  printf '  "name": "%s", "documentNamespace": "https://spdx.org/spdxdocs/%s-%s",\n' \
    "$2" "$2" "$(git rev-parse HEAD)"
  printf '  "creationInfo": {"created": "%s", "creators": ["Tool: Scripts/release"]},\n' "$created"
  printf '  "packages": [\n'
  sbom_package pgcdc pgcdc "$1" NOASSERTION Apache-2.0
  while IFS=$'\t' read -r identity location revision number; do
    case $identity in swift-argument-parser | swift-log) ;; *) continue ;; esac
    printf ',\n'
    sbom_package "$identity" "$identity" "$number" "git+$location@$revision" Apache-2.0
    relations="$relations,
    {\"spdxElementId\": \"SPDXRef-pgcdc\", \"relationshipType\": \"STATIC_LINK\", \"relatedSpdxElement\": \"SPDXRef-$identity\"}"
  done < <(resolved_packages)
  printf ',\n'
  sbom_package swift-stdlib swift-stdlib \
    "$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)" \
    https://www.swift.org Apache-2.0
  printf ',\n'
  sbom_package libpq libpq "$(pkg-config --modversion libpq)" https://www.postgresql.org PostgreSQL
  printf ',\n'
  sbom_package openssl openssl "$(pkg-config --modversion openssl)" https://www.openssl.org Apache-2.0
  printf ',\n'
  sbom_package zlib zlib "$(pkg-config --modversion zlib 2>/dev/null || echo NOASSERTION)" https://zlib.net Zlib
  printf '\n  ],\n  "relationships": [\n'
  printf '    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-pgcdc"}'
  printf '%s,\n' "$relations"
  printf '    {"spdxElementId": "SPDXRef-pgcdc", "relationshipType": "STATIC_LINK", "relatedSpdxElement": "SPDXRef-swift-stdlib"},\n'
  printf '    {"spdxElementId": "SPDXRef-pgcdc", "relationshipType": "DYNAMIC_LINK", "relatedSpdxElement": "SPDXRef-libpq"},\n'
  printf '    {"spdxElementId": "SPDXRef-pgcdc", "relationshipType": "DYNAMIC_LINK", "relatedSpdxElement": "SPDXRef-openssl"},\n'
  printf '    {"spdxElementId": "SPDXRef-pgcdc", "relationshipType": "DYNAMIC_LINK", "relatedSpdxElement": "SPDXRef-zlib"}\n'
  printf '  ]\n}\n'
}
