/** The {@code darex} command: one class a subcommand. */
package io.darex.bench.cli;
