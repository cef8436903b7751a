/* Owns which characters a YAML text may contain, see yaml_text.c. */
#ifndef REMORA_YAML_TEXT_H
#define REMORA_YAML_TEXT_H

/* First place from `text` on that cannot be part of a YAML 1.2 text, with the reason in `message`;
 * NULL when everything up to `end` can. */
const char *yaml_text_refuse(const char *text, const char *end, const char **message);

#endif
