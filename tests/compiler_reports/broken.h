#pragma once
int in_header = missing;
