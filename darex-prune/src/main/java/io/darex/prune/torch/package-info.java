/** Files that torch.save wrote, read without running what is in them. */
package io.darex.prune.torch;
