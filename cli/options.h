/* Command lines: tables of options, which are the help texts as well. */
#ifndef FAISS_CLI_OPTIONS_H
#define FAISS_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum OptionKind {
    OPTION_FLAG,    ///< target: bool
    OPTION_TEXT,    ///< target: const char *
    OPTION_COUNT,   ///< target: int64_t; a whole number > 0; "100k" and "2M" are understood
    OPTION_INTEGER, ///< target: int64_t; any whole number
} OptionKind;

typedef struct Option {
    char letter;      ///< 0 for none
    const char *name; ///< without the dashes; NULL ends a table
    OptionKind kind;
    const char *value; ///< how the help calls its value; NULL for flags
    void *target;
    const char *help; ///< lines of the help, separated by \n
} Option;

/// A subcommand: what main () calls and what the help says.
typedef struct Command {
    const char *name;
    const char *arguments; ///< "INDEX VECTORS [-o OUT]"
    const char *summary;   ///< one line
    const char *details;   ///< paragraphs below the options, or NULL
    int (*run) (int argc, char **argv);
} Command;

extern const Command command_build, command_add, command_search, command_info, command_eval,
    command_tune, command_truth, command_kmeans;

/** Read the command line of a subcommand.
 *
 * Options may stand anywhere, short ones as -k10 or -k 10, long ones as --name=value or --name
 * value; "--" ends them. --help prints the help and exits. Mistakes exit with status 2.
 * Every command has --threads and --quiet besides its own options.
 *
 * @param names        of the positional arguments, all required, ended by NULL
 * @param positionals  output, one for each name
 */
void options_parse (const Command *command, const Option *options, const char *const *names,
                    const char **positionals, int argc, char **argv);

/// Was --quiet given?
bool options_quiet (void);

/// A whole number like "1000", "100k", "2M"; false if it is none.
bool parse_integer (const char *text, int64_t *out);

/// Has a text such an ending? Case does not matter.
bool ends_with (const char *text, const char *ending);

/// The entry of a list (ended by NULL) that was probably meant, or NULL.
const char *probably_meant (const char *text, const char *const *list);

#endif
