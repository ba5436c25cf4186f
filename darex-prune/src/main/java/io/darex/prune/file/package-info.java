/** Files that may be hostile, read; and files written so that nothing is lost. */
package io.darex.prune.file;
