/** What everything that speaks to a person needs: lines, progress, faults in words. */
package io.darex.bench.console;
