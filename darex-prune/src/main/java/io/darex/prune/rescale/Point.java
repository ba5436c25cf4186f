package io.darex.prune.rescale;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * One point a search tried.
 *
 * @param q what kept entries were divided by; where layers had q's of their own their mean over the
 *     pruned entries
 * @param eta the η that gave them (docs/METHOD.md §3.3); null where one q was tried for all
 * @param score the objective's mean over the search's masks; NaN if any of them had no score
 */
public record Point(double q, @JsonInclude(JsonInclude.Include.NON_NULL) Double eta, double score) {
  /** One q for all. */
  public Point(double q, double score) {
    this(q, null, score);
  }
}
