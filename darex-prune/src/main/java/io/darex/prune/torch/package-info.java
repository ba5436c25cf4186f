/**
 * Files that torch.save wrote, read without running what is in them.
 *
 * <p>Internal: public for other rooms of darex alone, and may change in any version.
 */
package io.darex.prune.torch;
