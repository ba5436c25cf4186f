package io.darex.prune.rescale;

/**
 * One point a search tried.
 *
 * @param q what kept entries were divided by
 * @param score the objective's mean over the search's masks; NaN if any of them had no score
 */
public record Point(double q, double score) {}
