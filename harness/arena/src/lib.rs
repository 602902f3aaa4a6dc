//! Attacks in four beats, judged by a witness, with evidence
