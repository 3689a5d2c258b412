// GET /api/v1/openapi.json: docs/formats/http.md as machines read it.
#include "stages/studio/api.h"

namespace antiphon::studio {

const std::string& openapi_document() {
  static const std::string kDocument = R"json({
"openapi": "3.1.0",
"info": {"title": "Antiphon studio", "version": "1", "description": "Gives sentences to people and takes their voices. Every error is application/problem+json (RFC 9457)."},
"paths": {
"/api/v1/prompts/next": {"get": {"operationId": "nextPrompt", "summary": "A sentence to read, under a lease",
  "parameters": [
    {"name": "locale", "in": "query", "required": true, "schema": {"type": "string"}, "description": "BCP 47"},
    {"name": "speaker", "in": "query", "schema": {"type": "string", "format": "uuid"}, "description": "Nobody is given a sentence twice; at most two leases at once in a language."},
    {"name": "request", "in": "query", "schema": {"type": "string", "format": "uuid"}, "description": "The same again gets the same lease."}],
  "responses": {
    "200": {"description": "A sentence", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Grant"}}}},
    "204": {"description": "None is open"}, "400": {"$ref": "#/components/responses/Problem"},
    "429": {"$ref": "#/components/responses/ComeAgain"}, "503": {"$ref": "#/components/responses/ComeAgain"}}}},
"/api/v1/leases/{lease_id}": {"delete": {"operationId": "endLease", "summary": "The sentence will not be read; idempotent. A skip is answered once it stands in Kafka",
  "parameters": [
    {"name": "lease_id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}},
    {"name": "reason", "in": "query", "schema": {"enum": ["skip"]}, "description": "skip: this speaker is not asked again, and a sentence that three skip is parked."},
    {"name": "prompt", "in": "query", "schema": {"type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"}, "description": "With speaker: a skip counts also when the lease is not known any more."},
    {"name": "speaker", "in": "query", "schema": {"type": "string", "format": "uuid"}}],
  "responses": {"204": {"description": "It is not held (any more); a skip is remembered"}, "400": {"$ref": "#/components/responses/Problem"},
    "503": {"$ref": "#/components/responses/ComeAgain"}}}},
"/api/v1/recordings/{recording_id}": {"put": {"operationId": "putRecording", "summary": "A voice; idempotent by its id",
  "parameters": [
    {"name": "recording_id", "in": "path", "required": true, "schema": {"type": "string", "format": "uuid"}, "description": "UUIDv7 in lower case, made before the first attempt"},
    {"name": "X-Prompt-Id", "in": "header", "required": true, "schema": {"type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"}},
    {"name": "X-Lease-Id", "in": "header", "schema": {"type": "string", "format": "uuid"}, "description": "None, unknown or run out: the take is kept and marked."},
    {"name": "X-Speaker-Id", "in": "header", "required": true, "schema": {"type": "string", "format": "uuid"}},
    {"name": "X-Consent-Version", "in": "header", "required": true, "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}},
    {"name": "X-Session-Id", "in": "header", "schema": {"type": "string", "format": "uuid"}, "description": "With X-Take, or neither"},
    {"name": "X-Take", "in": "header", "schema": {"type": "integer", "minimum": 1}}],
  "requestBody": {"required": true, "description": "The audio file, at most 4 MiB: WebM/Opus, Ogg/Opus, MP4/AAC, WAV, FLAC, told by its bytes", "content": {"audio/*": {}}},
  "responses": {
    "201": {"description": "Acknowledged by Kafka (acks=all)", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}}}},
    "200": {"description": "The same take again: its first receipt", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}}}},
    "400": {"$ref": "#/components/responses/Problem"}, "404": {"$ref": "#/components/responses/Problem"},
    "409": {"$ref": "#/components/responses/Problem"}, "413": {"$ref": "#/components/responses/Problem"},
    "415": {"$ref": "#/components/responses/Problem"}, "429": {"$ref": "#/components/responses/ComeAgain"},
    "503": {"$ref": "#/components/responses/ComeAgain"}}}},
"/api/v1/locales": {"get": {"operationId": "locales", "summary": "Languages that have sentences",
  "responses": {"200": {"description": "By tag", "content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Locale"}}}}},
    "503": {"$ref": "#/components/responses/ComeAgain"}}}}
},
"components": {
"responses": {
  "Problem": {"description": "Trying the same again will not help", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "ComeAgain": {"description": "Try again after the time given", "headers": {"Retry-After": {"required": true, "schema": {"type": "integer"}}},
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
"schemas": {
  "Grant": {"type": "object", "required": ["prompt_id", "text", "locale", "direction", "lease_id", "lease_expires_at"], "properties": {
    "prompt_id": {"type": "string"}, "text": {"type": "string"}, "locale": {"type": "string"}, "direction": {"enum": ["ltr", "rtl"]},
    "lease_id": {"type": "string", "format": "uuid"}, "lease_expires_at": {"type": "string", "format": "date-time"}}},
  "Receipt": {"type": "object", "required": ["recording_id", "topic", "partition", "offset", "sha256"], "properties": {
    "recording_id": {"type": "string", "format": "uuid"}, "topic": {"type": "string"}, "partition": {"type": "integer"},
    "offset": {"type": "integer"}, "sha256": {"type": "string"}}},
  "Locale": {"type": "object", "required": ["locale", "name", "direction", "open"], "properties": {
    "locale": {"type": "string"}, "name": {"type": "string", "description": "as its speakers call it"},
    "direction": {"enum": ["ltr", "rtl"]}, "open": {"type": "integer", "description": "sentences that may be given out now"}}},
  "Problem": {"type": "object", "required": ["title", "status"], "properties": {
    "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}}}}
}})json";
  return kDocument;
}

}  // namespace antiphon::studio
