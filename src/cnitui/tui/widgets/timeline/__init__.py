"""The timeline as a picture: where moments stand in cells, how lanes are drawn, and the widget that a person walks."""
