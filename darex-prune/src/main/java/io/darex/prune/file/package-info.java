/**
 * Files that may be hostile, read; and files written so that nothing is lost.
 *
 * <p>Internal: public for other rooms of darex alone, and may change in any version.
 */
package io.darex.prune.file;
