/** What a run found, as JSON, Markdown and a page with pictures. */
package io.darex.bench.report;
